/** A disk store whose disk is full: a tmpfs of 8 MB stands for it. */
import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { disk } from 'anywire/store/disk'
import { expect, it, onTestFinished } from 'vitest'
import { folder } from './disk-driven.js'

const everything = { messages: 1_000_000, bytes: 1_000_000_000 }
const config = { contentType: 'text/plain', evictable: false, retain: { messages: null, bytes: null, ageMs: null } }

/** A small disk; undefined where this user cannot mount one. */
function smallDisk(): string | undefined {
  const path = folder()
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', path])
  if (status !== 0) return undefined
  onTestFinished(() => void spawnSync('umount', ['--lazy', path]))
  return path
}

it('says so, loses nothing that it acknowledged, and goes on when there is room', async ({ skip }) => {
  const path = smallDisk()
  if (path === undefined) return skip('only root may mount a small disk here')
  const filler = join(path, 'filler')
  writeFileSync(filler, Buffer.alloc(3_000_000))
  const store = await disk({ path: join(path, 'data') })
  onTestFinished(() => store.close())
  const acknowledged: string[] = []
  const append = async (text: string) => {
    const data = Buffer.from(text.padEnd(50_000, '.'))
    const result = await store.append('n', [{ data }], { create: config })
    if (result.kind === 'appended') acknowledged.push(text)
    return result.kind
  }
  const held = async () => {
    const page = await store.read('n', { kind: 'start' }, everything)
    return page.kind === 'page'
      ? page.messages.map(({ data }) => Buffer.from(data!).toString().replace(/\.+$/, ''))
      : []
  }
  let refused: unknown
  for (let n = 0; n < 300 && !refused; n++) {
    const many = await Promise.allSettled([0, 1, 2].map((part) => append(`${n} ${part}`)))
    refused = many.find(({ status }) => status === 'rejected')
  }
  expect(refused).toMatchObject({ reason: { code: 'store-down', message: expect.stringContaining('disk') } })
  expect(acknowledged.length).toBeGreaterThan(10)
  expect(await held()).toEqual(acknowledged)
  await expect(append('still full')).rejects.toMatchObject({ code: 'store-down' })
  rmSync(filler)
  await expect(append('room')).resolves.toBe('appended')
  expect(await held()).toEqual(acknowledged)
  expect(acknowledged.at(-1)).toBe('room')
})
