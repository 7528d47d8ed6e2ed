/** Orders. */
export const Orders = () => <h1>Orders</h1>
