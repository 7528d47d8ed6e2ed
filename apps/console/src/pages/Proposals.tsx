/** Proposals. */
export const Proposals = () => <h1>Proposals</h1>
