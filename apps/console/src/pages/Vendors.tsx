/** Vendors. */
export const Vendors = () => <h1>Vendors</h1>
