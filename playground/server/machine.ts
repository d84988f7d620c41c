/** What this machine is doing: processors, memory, load, network and this process, as differences since the last look. */
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, freemem, loadavg, totalmem } from 'node:os'

export interface Measured {
  readonly figure: 'cpu' | 'memory' | 'load' | 'network' | 'process'
  readonly value: number
  readonly unit: string
  /** Where the scale ends, if it does. */
  readonly most?: number
  readonly detail: string
}

export class Machine {
  #cpu = cpuTimes()
  #network = networkBytes()
  #process = process.cpuUsage()
  #at = performance.now()

  measure(): Measured[] {
    const seconds = Math.max(0.001, (performance.now() - this.#at) / 1000)
    this.#at = performance.now()
    return [this.#cpuFigure(), memoryFigure(), loadFigure(), this.#networkFigure(seconds), this.#processFigure(seconds)]
  }

  #cpuFigure(): Measured {
    const now = cpuTimes()
    const busy = now.map((core, i) =>
      percent(core.busy - (this.#cpu[i]?.busy ?? 0), core.all - (this.#cpu[i]?.all ?? 0)),
    )
    this.#cpu = now
    const mean = busy.reduce((sum, share) => sum + share, 0) / Math.max(1, busy.length)
    const detail = busy.map((share) => `${Math.round(share)} %`).join('  ')
    return { figure: 'cpu', value: round(mean), unit: '%', most: 100, detail }
  }

  #networkFigure(seconds: number): Measured {
    const now = networkBytes()
    const received = (now.received - this.#network.received) / seconds
    const sent = (now.sent - this.#network.sent) / seconds
    this.#network = now
    const detail = now.known
      ? `in ${kilobytes(received)}, out ${kilobytes(sent)} per second`
      : 'not told by this system'
    return { figure: 'network', value: round((received + sent) / 1000), unit: 'kB/s', detail }
  }

  #processFigure(seconds: number): Measured {
    const now = process.cpuUsage()
    const used = now.user + now.system - this.#process.user - this.#process.system
    this.#process = now
    const { rss, heapUsed } = process.memoryUsage()
    const detail = `${megabytes(rss)} resident, ${megabytes(heapUsed)} heap, up ${Math.round(process.uptime())} s`
    return { figure: 'process', value: round(used / seconds / 10_000), unit: '% cpu', detail }
  }
}

function memoryFigure(): Measured {
  const all = totalmem()
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(proc('meminfo'))?.[1]
  const used = all - (available ? Number(available) * 1024 : freemem())
  const detail = `${megabytes(used)} of ${megabytes(all)} in use`
  return { figure: 'memory', value: round(percent(used, all)), unit: '%', most: 100, detail }
}

function loadFigure(): Measured {
  const [one = 0, five = 0, fifteen = 0] = loadavg()
  const detail = `5 min ${five.toFixed(2)}, 15 min ${fifteen.toFixed(2)}, ${availableParallelism()} processors`
  return { figure: 'load', value: round(one), unit: '', detail }
}

/** Milliseconds that each processor was busy, and all together, since the machine started. */
function cpuTimes() {
  return cpus().map(({ times }) => {
    const all = times.user + times.nice + times.sys + times.idle + times.irq
    return { all, busy: all - times.idle }
  })
}

/** Bytes over all interfaces since the machine started; `known` is false where the system has no `/proc/net/dev`. */
function networkBytes() {
  const lines = proc('net/dev').split('\n').slice(2).filter(Boolean)
  let received = 0
  let sent = 0
  for (const line of lines) {
    const numbers = line
      .slice(line.indexOf(':') + 1)
      .trim()
      .split(/\s+/)
      .map(Number)
    received += numbers[0] ?? 0
    sent += numbers[8] ?? 0
  }
  return { received, sent, known: lines.length > 0 }
}

function proc(name: string) {
  try {
    return readFileSync(`/proc/${name}`, 'utf8')
  } catch {
    return ''
  }
}

const percent = (part: number, whole: number) => (whole > 0 ? (100 * part) / whole : 0)
const round = (value: number) => Math.round(value * 100) / 100
const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`
const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20).toLocaleString('en')} MiB`
