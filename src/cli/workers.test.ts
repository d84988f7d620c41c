/** Workers that die are started again, with a floor against a loop of deaths. */
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type WorkerProcess, Workers } from './workers.js'

class Fake implements WorkerProcess {
  readonly signals: string[] = []
  listening: (lines: readonly string[]) => void = () => {}
  exit: (how: string) => void = () => {}
  readonly pid: number

  constructor(pid: number) {
    this.pid = pid
  }
  kill(signal: string): void {
    this.signals.push(signal)
  }
  onListening(heard: (lines: readonly string[]) => void): void {
    this.listening = heard
  }
  onExit(heard: (how: string) => void): void {
    this.exit = heard
  }
}

function begun(count: number) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const all: Fake[] = []
  const said: string[] = []
  const start = () => {
    all.push(new Fake(all.length))
    return all.at(-1)!
  }
  const workers = new Workers({ count, start, say: (lines) => said.push(...lines), warn: (line) => said.push(line) })
  let ended: boolean | undefined
  void workers.ended.then((ok) => {
    ended = ok
  })
  workers.begin()
  return { workers, all, said, ended: () => ended }
}

describe('workers', () => {
  it('begin with one, which says where all of them listen', () => {
    const { all, said } = begun(3)
    expect(all).toHaveLength(1)
    all[0]!.listening(['listening'])
    expect(all).toHaveLength(3)
    for (const other of all.slice(1)) other.listening(['listening'])
    expect(said).toEqual(['listening'])
  })

  it('end where the first one cannot serve', async () => {
    const { all, ended } = begun(3)
    all[0]!.exit('exit code 1')
    await vi.advanceTimersByTimeAsync(60_000)
    expect([all.length, ended()]).toEqual([1, false])
  })

  it('are started again at once after a sound life, and later and later after short ones', async () => {
    const { all, said } = begun(1)
    all[0]!.listening([])
    await vi.advanceTimersByTimeAsync(2_000)
    all[0]!.exit('SIGKILL')
    await vi.advanceTimersByTimeAsync(0)
    expect(all).toHaveLength(2)
    for (const waitMs of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      const { length } = all
      all.at(-1)!.exit('exit code 1')
      await vi.advanceTimersByTimeAsync(waitMs - 1)
      expect(all).toHaveLength(length)
      await vi.advanceTimersByTimeAsync(1)
      expect(all).toHaveLength(length + 1)
    }
    all.at(-1)!.listening([])
    await vi.advanceTimersByTimeAsync(2_000)
    all.at(-1)!.exit('SIGKILL')
    await vi.advanceTimersByTimeAsync(0)
    expect(said.at(-1)).toMatch(/worker \d+ ended \(SIGKILL\); another one is started$/)
  })

  it('are told to stop together, and none is started after it', async () => {
    const { workers, all, ended } = begun(2)
    all[0]!.listening([])
    all[0]!.exit('SIGKILL')
    workers.stop('SIGTERM')
    expect(all[1]!.signals).toEqual(['SIGTERM'])
    await vi.advanceTimersByTimeAsync(60_000)
    expect([all.length, ended()]).toEqual([2, undefined])
    all[1]!.exit('exit code 0')
    await vi.advanceTimersByTimeAsync(0)
    expect(ended()).toBe(true)
  })
})
