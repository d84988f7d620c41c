/** The news as the browser itself reads them: one EventSource for all desks, which comes back by itself where it was. No library. */
import type { Headline } from '../../server/news.js'

export const desks = ['country', 'city', 'business', 'science', 'culture', 'letters'] as const
export type Desk = (typeof desks)[number]

/** What an event of many channels holds. */
interface Message {
  readonly channel: string
  readonly offset: string
  readonly data: Headline
  readonly event?: string
}

export interface Printed extends Headline {
  readonly kind: 'headline'
  readonly id: string
  readonly desk: Desk
  readonly urgent: boolean
}

export interface Lost {
  readonly kind: 'gap'
  readonly id: string
  readonly desk: Desk
  readonly reason: string
  readonly missed: number | undefined
  readonly at: number
}

export interface Reader {
  headline(headline: Printed): void
  lost(gap: Lost): void
  /** `open` again and again, after each cut; `closed`: the browser has given up. */
  state(state: 'open' | 'connecting' | 'closed'): void
  /** What the browser would send as Last-Event-ID. */
  position(id: string): void
}

const deskOf = ({ channel }: { readonly channel: string }) => channel.slice('news/'.length) as Desk
/** An offset begins with the microsecond. */
const timeOf = (offset: string) => Number(offset.slice(0, 16)) / 1000

export function readNews(reader: Reader): () => void {
  const query = desks.map((desk) => `channel=news/${desk}`).join('&')
  const source = new EventSource(`/channels?${query}&offset=last-12`)
  source.onopen = () => reader.state('open')
  source.onerror = () => reader.state(source.readyState === EventSource.CLOSED ? 'closed' : 'connecting')
  source.onmessage = (event: MessageEvent<string>) => {
    const message: Message = JSON.parse(event.data)
    const { offset: id, data } = message
    reader.headline({ ...data, kind: 'headline', id, desk: deskOf(message), urgent: message.event === 'urgent' })
    reader.position(event.lastEventId)
  }
  source.addEventListener('gap', ({ data }: MessageEvent<string>) => {
    const { reason, missed, to, channel } = JSON.parse(data)
    reader.lost({ kind: 'gap', id: `gap ${to}`, desk: deskOf({ channel }), reason, missed, at: timeOf(to) })
  })
  return () => source.close()
}
