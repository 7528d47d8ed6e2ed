/** Apps. */
export const Apps = () => <h1>Apps</h1>
