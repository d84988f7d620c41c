/** The chat's reading room: the protocol's own document, read out a paragraph at a time, so that there is something to scroll back to. */
import { readFileSync } from 'node:fs'
import type { ChatMessage } from './chat.js'
import type { Scenario } from './scenario.js'

const pauseMs = 45_000

/** Sentences of prose; tables and listings are not for reading out. */
function paragraphs(): string[] {
  const text = readFileSync(new URL('../../PROTOCOL.md', import.meta.url), 'utf8')
  return text
    .split(/\n{2,}/)
    .filter((block) => !/^(\||```)/.test(block))
    .flatMap((block) => block.split(/(?<=\.)\s+(?=[A-Z`])|\n- |\n(?=\|)/))
    .map((sentence) =>
      sentence
        .replace(/[`*#]|\[|\]\([^)]*\)/g, '')
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .filter((sentence) => sentence.length > 30 && sentence.length < 600 && !sentence.startsWith('|'))
}

export const reading: Scenario = {
  rules: {},
  start(hub) {
    const sentences = paragraphs()
    const messageOf = (number: number, at: number): ChatMessage => {
      const text = sentences[number % sentences.length] ?? ''
      return { id: `reading-${number}`, from: 'reader', name: 'The reader', text, at }
    }
    let number = sentences.length
    const before = Array.from({ length: number }, (_, i) => messageOf(i, Date.now() - (number - i) * pauseMs))
    hub
      .publishBatch(
        'chat/reading',
        before.map((data) => ({ data })),
      )
      .catch(console.error)
    const timer = setInterval(() => {
      hub.publish('chat/reading', messageOf(number++, Date.now())).catch(console.error)
    }, pauseMs)
    return () => clearInterval(timer)
  },
}
