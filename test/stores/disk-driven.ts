/** Processes that use a disk store, as a test drives them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const program = fileURLToPath(new URL('./disk-process.js', import.meta.url))

export interface Said {
  readonly open?: true
  readonly refused?: string
  readonly message?: string
  readonly seq?: number
  readonly kinds?: readonly string[]
  readonly wake?: string
  readonly following?: string
  readonly kind?: string
}

export class Driven {
  readonly said: Said[] = []
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  #news: (() => void)[] = []
  #errors = ''

  constructor(path: string, shared = false) {
    this.#child = spawn(process.execPath, [program, path, shared ? 'shared' : ''], {
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.said.push(JSON.parse(line) as Said)
      for (const news of this.#news.splice(0)) news()
    })
    this.#child.stderr!.on('data', (bytes) => {
      this.#errors += bytes
    })
    this.ended = new Promise((resolve) =>
      this.#child.once('close', (code, signal) => {
        this.#errors += `${code} ${signal}`
        resolve()
      }),
    )
    onTestFinished(async () => {
      this.kill()
      await this.ended
    })
  }

  tell(line: string): void {
    this.#child.stdin!.write(`${line}\n`)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** The first that was said and is what is asked for. */
  async says(wanted: (said: Said) => boolean): Promise<Said> {
    for (;;) {
      const found = this.said.find(wanted)
      if (found) return found
      const news = new Promise<void>((resolve) => this.#news.push(resolve))
      const over = await Promise.race([news.then(() => false), this.ended.then(() => true)])
      if (over && !this.said.some(wanted))
        throw new Error(`It ended, and said ${JSON.stringify(this.said.slice(-3))}. ${this.#errors}`)
    }
  }
}

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'anywire-disk-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}
