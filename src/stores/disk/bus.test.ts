/** Processes that share a folder: one of them leads, whatever became of the one before. */
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Wake } from '../../core/store.js'
import { type Bus, joinBus } from './bus.js'
import { clear, dial, fileAt, listenAt } from './bus-socket.js'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'anywire-bus-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function joined(path: string): Promise<{ bus: Bus; heard: Wake[] }> {
  const bus = await joinBus(path, true)
  onTestFinished(() => bus.close())
  const heard: Wake[] = []
  bus.listen((wake) => heard.push(wake))
  return { bus, heard }
}

/** Leaves the file of a server that is gone. */
async function leaveDead(address: string): Promise<void> {
  const listening = await listenAt(address, () => undefined)
  listening?.server.close()
  await once(listening!.server, 'close')
}

describe.skipIf(process.platform === 'win32')('the file of a socket', () => {
  it('is taken away when its process is gone', async () => {
    const address = join(folder(), 'bus.sock')
    await leaveDead(address)
    const { dead } = await dial(address)
    expect(dead).toBe(fileAt(address))
    await clear(address, dead!)
    expect(fileAt(address)).toBeUndefined()
  })

  it('is left to a successor, though its number may be that of the one before', async () => {
    const address = join(folder(), 'bus.sock')
    await leaveDead(address)
    const [one, other] = [await dial(address), await dial(address)]
    await clear(address, one.dead!)
    const successor = await listenAt(address, (socket) => socket.destroy())
    onTestFinished(() => void successor!.server.close())
    await clear(address, other.dead!)
    expect(fileAt(address)).toBe(successor!.file)
  })
})

describe.skipIf(process.platform === 'win32')('a process that is killed', () => {
  it.each([
    ['while it leads', ['bus.sock']],
    ['while it takes away the socket of another', ['bus.sock', 'bus.sock~']],
    ['while it takes away the lock of another', ['bus.sock', 'bus.sock~', 'bus.sock~~']],
  ])('%s keeps nobody from leading', async (_, files) => {
    const path = folder()
    for (const file of files) await leaveDead(join(path, file))
    const { bus } = await joined(path)
    const { heard } = await joined(path)
    bus.tell({ kind: 'changed', channel: 'a' })
    await expect.poll(() => heard).toEqual([{ kind: 'changed', channel: 'a' }])
    expect(readdirSync(path)).toEqual(['bus.sock'])
  })

  it('leaves no files to who leads next', async () => {
    const path = folder()
    for (const file of ['bus.sock.4711', 'bus.sock~.0815', 'log.mdb']) writeFileSync(join(path, file), '')
    await joined(path)
    expect(readdirSync(path).sort()).toEqual(['bus.sock', 'log.mdb'])
  })

  it('while it holds the lock, and is not dead, is waited for', async () => {
    const path = folder()
    await leaveDead(join(path, 'bus.sock'))
    const lock = await listenAt(join(path, 'bus.sock~'), (socket) => socket.destroy())
    const joining = joined(path)
    const dialled = once(lock!.server, 'connection')
    await dialled
    rmSync(join(path, 'bus.sock~'))
    lock!.server.close()
    await joining
    expect(readdirSync(path)).toEqual(['bus.sock'])
  })
})

describe.skipIf(process.platform === 'win32')('a folder', () => {
  it('that no socket can be made in is refused with a sentence', async () => {
    const path = join(folder(), 'none')
    await expect(joinBus(path, true)).rejects.toMatchObject({ code: 'bad-request' })
  })
})

describe.skipIf(process.platform === 'win32')('one that leads', () => {
  it('follows another that has got its name', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const path = folder()
    const first = await joined(path)
    const member = await joined(path)
    rmSync(join(path, 'bus.sock'))
    const other = await joined(path)
    await vi.advanceTimersByTimeAsync(1_000)
    const tellAll = () => {
      first.bus.tell({ kind: 'changed', channel: 'a' })
      member.bus.tell({ kind: 'changed', channel: 'b' })
    }
    await expect
      .poll(() => {
        tellAll()
        return other.heard.flatMap((wake) => (wake.kind === 'changed' ? wake.channel : []))
      })
      .toEqual(expect.arrayContaining(['a', 'b']))
    expect([first, member].map(({ heard }) => heard[0])).toEqual(Array(2).fill({ kind: 'discontinuity' }))
  })
})
