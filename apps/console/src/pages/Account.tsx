/** Account. */
export const Account = () => <h1>Account</h1>
