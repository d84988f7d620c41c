/** Certificates for development that a process was killed beside. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { authorityFiles, localhostFiles } from './local-certificate.js'

it('makes a certificate anew whose key is that of another', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'anywire-tls-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const { key, cert } = await localhostFiles(folder)
  writeFileSync(key, readFileSync((await authorityFiles(folder)).key))
  await localhostFiles(folder)
  const certificate = new X509Certificate(readFileSync(cert))
  expect(certificate.checkPrivateKey(createPrivateKey(readFileSync(key)))).toBe(true)
})
