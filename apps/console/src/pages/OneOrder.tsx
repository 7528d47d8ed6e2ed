/** OneOrder. */
export const OneOrder = () => <h1>OneOrder</h1>
