/** Trail. */
export const Trail = () => <h1>Trail</h1>
