/** Certificates for development: an authority of this machine alone, and what it signs for `localhost`. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'

export interface KeyAndCertificate {
  /** PEM, PKCS #8. */
  readonly key: string
  /** PEM. */
  readonly cert: string
}

type Forge = typeof import('node-forge')

export const authorityName = 'Anywire local CA'

const dayMs = 86_400_000
const authorityDays = 3_650
/** What Apple's systems accept at most is 825, of others 398. */
const leafDays = 365

/** Only for names and addresses of this machine: who steals its key can be nobody else. RFC 5280 §4.2.1.10 */
const permittedNames = ['localhost']
const permittedAddresses = [
  [127, 0, 0, 0, 255, 0, 0, 0],
  [...Array.from({ length: 15 }, () => 0), 1, ...Array.from({ length: 16 }, () => 255)],
]

export async function makeAuthority(): Promise<KeyAndCertificate> {
  const { default: forge } = await import('node-forge')
  const key = makeKey()
  const certificate = begin(forge, key, authorityDays)
  const subject = [{ name: 'commonName', value: authorityName }]
  certificate.setSubject(subject)
  certificate.setIssuer(subject)
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
    { name: 'keyUsage', keyCertSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
    { id: '2.5.29.30', critical: true, value: constraints(forge) },
  ])
  certificate.sign(forge.pki.privateKeyFromPem(key), forge.md.sha256.create())
  return { key, cert: forge.pki.certificateToPem(certificate) }
}

/** A certificate for `localhost`, names below it, and the loopback addresses. */
export async function signLocalhost(authority: KeyAndCertificate): Promise<KeyAndCertificate> {
  const { default: forge } = await import('node-forge')
  const key = makeKey()
  const certificate = begin(forge, key, leafDays)
  const issuer = forge.pki.certificateFromPem(authority.cert)
  certificate.setSubject([{ name: 'commonName', value: 'localhost' }])
  certificate.setIssuer(issuer.subject.attributes)
  const names = ['localhost', '*.localhost'].map((value) => ({ type: 2, value }))
  const addresses = ['127.0.0.1', '::1'].map((ip) => ({ type: 7, ip }))
  certificate.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: [...names, ...addresses] },
    { name: 'authorityKeyIdentifier', keyIdentifier: issuer.generateSubjectKeyIdentifier().getBytes() },
  ])
  certificate.sign(forge.pki.privateKeyFromPem(authority.key), forge.md.sha256.create())
  return { key, cert: forge.pki.certificateToPem(certificate) }
}

function makeKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function begin(forge: Forge, key: string, days: number) {
  const certificate = forge.pki.createCertificate()
  const { n, e } = forge.pki.privateKeyFromPem(key)
  certificate.publicKey = forge.pki.setRsaPublicKey(n, e)
  // Positive, as a serial number must be.
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`
  certificate.validity.notBefore = new Date(Date.now() - dayMs)
  certificate.validity.notAfter = new Date(Date.now() + days * dayMs)
  return certificate
}

function constraints({ asn1 }: Forge): string {
  const { Class, create, toDer } = asn1
  const subtree = (tag: number, value: string) =>
    create(Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [create(Class.CONTEXT_SPECIFIC, tag, false, value)])
  const permitted = [
    ...permittedNames.map((name) => subtree(2, name)),
    ...permittedAddresses.map((bytes) => subtree(7, Buffer.from(bytes).toString('latin1'))),
  ]
  const all = create(Class.CONTEXT_SPECIFIC, 0, true, permitted)
  return toDer(create(Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [all])).getBytes()
}
