/** What the server tells of itself, asked for again and again while the page is seen. */
import { Value } from '../shell/value.js'

interface ChannelHere {
  readonly name: string
  readonly readers: number
  readonly messages?: number
}

export interface Here {
  readonly path: string
  readonly asks: boolean
  readonly lists?: {
    readonly version: string
    readonly store: string
    readonly connections: number
    readonly channels: readonly ChannelHere[]
  }
  readonly why?: string
}

export const here = new Value<Here | undefined>(undefined)

const againMs = 2_000

export function followHere(): () => void {
  const look = () => {
    if (!document.hidden) void ask()
  }
  look()
  const timer = setInterval(look, againMs)
  document.addEventListener('visibilitychange', look)
  return () => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', look)
  }
}

/** While the server is away what it told last stays: the badge says that it is away. */
async function ask(): Promise<void> {
  const text = await fetch('/$/here').then(
    (answer) => (answer.ok ? answer.text() : ''),
    () => '',
  )
  if (text === '' || text === JSON.stringify(here.value)) return
  here.set(JSON.parse(text) as Here)
}
