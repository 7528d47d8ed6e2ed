/** OneApp. */
export const OneApp = () => <h1>OneApp</h1>
