/** Reconciliation. */
export const Reconciliation = () => <h1>Reconciliation</h1>
