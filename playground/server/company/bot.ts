/** The bot of the chat: greets who is alone in a room, answers, and goes on talking while they are in a tunnel. */
import { randomUUID } from 'node:crypto'
import type { Hub } from 'anywire'
import type { ChatMessage } from '../chat.js'
import type { Here } from '../people.js'

const id = 'robin-bot'
export const botName = 'Robin (bot)'

/** From hearing to typing, from typing to saying, and between two looks at who is here, in milliseconds. */
const [thinkMs, typeMs, lookMs] = [700, 1_600, 2_000]

/** What it says to somebody who is away, so that there is something to catch up with. */
const monologue = [
  'You are out of reach, so I go on talking. This is line one of three.',
  'Line two of three. The room keeps it for you.',
  'Line three of three. When you are back you get all of them, once and in order.',
]

/** Keeps somebody company in a room; answers what ends that. */
export function talk(hub: Hub, room: string): () => void {
  const bot = new Bot(hub, room)
  return () => bot.end()
}

class Bot {
  readonly #hub: Hub
  readonly #room: string
  readonly #ended = new AbortController()
  readonly #clock: ReturnType<typeof setInterval>
  #saying: ReturnType<typeof setTimeout> | undefined
  #here: Here = { name: botName, typing: false, read: '' }
  /** The visitor, when last seen. */
  #name = ''
  #heard = 0
  /** How many lines of the monologue are said. */
  #alone = monologue.length

  constructor(hub: Hub, room: string) {
    this.#hub = hub
    this.#room = room
    this.#clock = setInterval(() => this.#look().catch(console.error), lookMs)
    this.#show({})
    this.#look().catch(console.error)
    this.#listen().catch(console.error)
    this.#say(
      () => `Hello${this.#name && `, ${this.#name}`}! I am a bot, so that nobody sits here alone. Say something.`,
    )
  }

  end(): void {
    clearInterval(this.#clock)
    clearTimeout(this.#saying)
    this.#ended.abort()
    this.#hub.presence(`people/${this.#room}`).set(id, null)
  }

  /** Its place in the roster lasts for a few seconds: it is said again. */
  #show(now: Partial<Here>): void {
    this.#here = { ...this.#here, ...now }
    this.#hub.presence(`people/${this.#room}`).set(id, this.#here)
  }

  async #look(): Promise<void> {
    this.#show({})
    const { members } = await this.#hub.presence(`people/${this.#room}`).members()
    const others = [...members].filter(([member]) => member !== id)
    const { name } = Object(others[0]?.[1].state) as Partial<Here>
    if (typeof name === 'string') this.#name = name
    const next = monologue[this.#alone]
    if (others.length > 0 || next === undefined || this.#here.typing) return
    this.#alone++
    this.#say(() => next)
  }

  async #listen(): Promise<void> {
    let isFirst = true
    const { signal } = this.#ended
    for await (const item of this.#hub.subscribe(`chat/${this.#room}`, { from: 'last-1', signal })) {
      if (item.kind !== 'message') continue
      const { from, text, at } = item.data as ChatMessage
      this.#show({ read: item.offset })
      // What was said before it came is not answered.
      const isOld = isFirst && Date.now() - at > lookMs
      isFirst = false
      if (from !== id && !isOld) this.#answer(text)
    }
  }

  #answer(text: string): void {
    this.#alone = 0
    const number = ++this.#heard
    this.#say(() => answerTo(text, number))
  }

  /** After a moment of thought, and one of typing. What it was about to say before is left. */
  #say(text: () => string): void {
    clearTimeout(this.#saying)
    this.#saying = setTimeout(() => {
      this.#show({ typing: true })
      this.#saying = setTimeout(() => {
        this.#show({ typing: false })
        const message: ChatMessage = { id: randomUUID(), from: id, name: botName, text: text(), at: Date.now() }
        this.#hub.publish(`chat/${this.#room}`, message).catch(console.error)
      }, typeMs)
    }, thinkMs)
  }
}

const answers = [
  'Now cut your network with the switch at the top, write me something, and wait a little before you restore it.',
  'The ticks beside your line: stored is one, seen by somebody is two. I count as somebody.',
  'Reload this page with your network cut. What you have written stays, and so does what you have read.',
  'A second window from “Share” is better company than I am. I leave when somebody comes.',
]

function answerTo(text: string, number: number): string {
  if (number > 1 && text.includes('?'))
    return 'A good question. I am a bot of a few lines: “Server”, beside this, shows them.'
  const next = answers[(number - 1) % answers.length] ?? ''
  return number === 1 ? `Heard, and kept. ${next}` : next
}
