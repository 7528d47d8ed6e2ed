/** Operators. */
export const Operators = () => <h1>Operators</h1>
