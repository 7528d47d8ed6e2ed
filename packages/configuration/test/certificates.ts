// Throwaway: made for these tests, trusted by nobody.

/** Signed by itself with `key`; in force from 2026 for 100 years. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBgDCCASWgAwIBAgIUb5bawi4b9hNuRmSJg/SpscsgsHkwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJdGhyb3dhd2F5MCAXDTI2MTEyNjE0MjE1OFoYDzIxMjYxMTAy
MTQyMTU4WjAUMRIwEAYDVQQDDAl0aHJvd2F3YXkwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQkMvi4LO9TYr1DJMpSQNkXCdcgbAewcEcJFBgxS3Kzg+d2B7BFfCBv
BSuzpXTiwBztnh6e11cIG9Y2YKOS1EiBo1MwUTAdBgNVHQ4EFgQU7n/mBcNCwYu5
VH+xmv7BQqz3Pi0wHwYDVR0jBBgwFoAU7n/mBcNCwYu5VH+xmv7BQqz3Pi0wDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA3cBVgyuqQPCRnLKRYxAI
d7eoWH+p55WyTdXHX4svh/UCIQC8uFonrALNhf7dUKG8GAGV23jP5tqSvm/YYrZe
/dAcEg==
-----END CERTIFICATE-----
`

export const key = `-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIL5PoeOMOj3C0mqNKpOwZtZDNejzJHnGVs1oUnXu67YYoAoGCCqGSM49
AwEHoUQDQgAEJDL4uCzvU2K9QyTKUkDZFwnXIGwHsHBHCRQYMUtys4PndgewRXwg
bwUrs6V04sAc7Z4entdXCBvWNmCjktRIgQ==
-----END EC PRIVATE KEY-----
`

/** Of no certificate here. */
export const otherKey = `-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIGBC0WALNVsdFMuaEcKE1wi4DqYgO+wk6cjKlXel5Jc/oAoGCCqGSM49
AwEHoUQDQgAEwi+8pCu27S0kO3GykqKTNkeyIFV233wcfImHU3VLxt2cJyJCa0pc
QxSQfTAp/yT56e9UiXl1ZcU2XRtE7qU9IA==
-----END EC PRIVATE KEY-----
`
