import "./metadata.ts"
import * as x509 from "@peculiar/x509"

const day = 86_400_000
const fromMillis = Date.UTC(2026, 10, 26)

/** What a chain of throwaway certificates is like. */
export interface Options {
  readonly subject?: string
  readonly rootSubject?: string
  /** How many authorities stand between the root and the signer. */
  readonly between?: number
  /** Which of them is left out of the file. */
  readonly without?: number
  readonly shuffled?: boolean
  readonly isAuthority?: boolean
  readonly otherRoot?: boolean
  readonly bits?: number
  readonly days?: number
}

const algorithm = (bits: number) => ({
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  publicExponent: new Uint8Array([1, 0, 1]),
  modulusLength: bits
})

const made = new Map<string, ReturnType<typeof generated>>()

const generated = (bits: number) => crypto.subtle.generateKey(algorithm(bits), true, ["sign", "verify"])

/** The keys of a party: made once for each name and length. */
const keysOf = (name: string, bits: number) => {
  const known = made.get(`${name} ${bits}`) ?? generated(bits)
  made.set(`${name} ${bits}`, known)
  return known
}

interface Party {
  readonly keys: Awaited<ReturnType<typeof generated>>
  readonly certificate: x509.X509Certificate
}

const issued = async (
  subject: string,
  isAuthority: boolean,
  days: number,
  bits: number,
  parent?: Party,
  keysName = subject
): Promise<Party> => {
  const own = await keysOf(keysName, bits)
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: parent?.certificate.subject ?? subject,
    notBefore: new Date(fromMillis),
    notAfter: new Date(fromMillis + days * day),
    publicKey: own.publicKey,
    signingKey: (parent?.keys ?? own).privateKey,
    signingAlgorithm: algorithm(bits),
    extensions: [new x509.BasicConstraintsExtension(isAuthority, undefined, true)]
  })
  return { keys: own, certificate }
}

/** A signer's file and its root, as PEM texts, valid from 2026-11-26 on; throwaway. */
export const chain = async ({
  subject = "CN=messageverificationcerts.paypal.com",
  rootSubject = "CN=Throwaway root",
  between = 0,
  without,
  shuffled = false,
  isAuthority = true,
  otherRoot = false,
  bits = 2048,
  days = 30
}: Options) => {
  const root = await issued(rootSubject, true, 3650, 2048)
  const middle: Array<Party> = []
  for (let index = 0; index < between; index += 1)
    middle.push(await issued(`CN=Throwaway ${index}`, isAuthority, 3650, 2048, middle.at(-1) ?? root))
  const leaf = await issued(subject, false, days, bits, middle.at(-1) ?? root)
  const file = middle.filter((_, index) => index !== without)
  const others = shuffled ? file : file.toReversed()
  return {
    root: (otherRoot ? await issued(rootSubject, true, 3650, 2048, undefined, "another") : root).certificate.toString(
      "pem"
    ),
    pem: [leaf, ...others].map(({ certificate }) => `${certificate.toString("pem")}\n`).join("")
  }
}
