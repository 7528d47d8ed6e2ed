/** OneDay. */
export const OneDay = () => <h1>OneDay</h1>
