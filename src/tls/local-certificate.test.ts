/** Certificates for development that a process was killed beside. */
import { spawnSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

it('takes away drafts of processes that were killed, and leaves those of others', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'anywire-tls-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const { pid: gone } = spawnSync(process.execPath, ['-e', ''])
  const [dead, alive] = [`localhost-key.pem.${gone}`, `localhost-key.pem.${process.ppid}`]
  for (const name of [dead, alive, 'notes.1']) writeFileSync(join(folder, name), 'secret')
  await localhostFiles(folder)
  const names = ['ca-key.pem', 'ca.pem', 'localhost-key.pem', 'localhost.pem', alive, 'notes.1']
  expect(readdirSync(folder).sort()).toEqual(names.sort())
})
