/** A native EventSource, which reconnects and resumes by itself. */
import type { Load } from '../../channels.js'
import { type Events, type Form, mountOf } from './form.js'

const lane = 'event-source'

export const eventSource: Form = {
  name: 'EventSource',
  lane,
  ask: 'new EventSource(channel)',
  resumes: true,
  many: true,
  open(channels, positions, events) {
    const [first = ''] = channels
    const source =
      channels.length === 1 ? single(first, positions.get(first), events) : several(channels, positions, events)
    let opened = false
    source.onopen = () => {
      events.opened(opened ? null : undefined)
      opened = true
    }
    source.onerror = () => (source.readyState === EventSource.CLOSED ? events.ended() : events.lost())
    return () => source.close()
  },
}

function single(channel: string, position: string | undefined, { message, gap }: Events): EventSource {
  const source = new EventSource(`${mountOf(lane)}/${channel}${position ? `?offset=${position}` : ''}`)
  source.onmessage = ({ data, lastEventId }) => message(channel, JSON.parse(data), lastEventId)
  source.addEventListener('gap', ({ data }) => {
    gap(channel, JSON.parse(data).to)
  })
  return source
}

/** What comes twice after a reconnect is told by its position. */
function several(channels: readonly string[], before: ReadonlyMap<string, string>, { message, gap }: Events) {
  const positions = new Map(before)
  const known = channels.every((channel) => positions.has(channel))
  const query = [
    ...channels.map((channel) => `channel=${channel}`),
    ...(known ? [`offset=${channels.map((channel) => positions.get(channel)).join(',')}`] : []),
  ]
  const source = new EventSource(`${mountOf(lane)}?${query.join('&')}`)
  source.onmessage = ({ data }) => {
    const { channel, offset, data: load } = JSON.parse(data) as { channel: string; offset: string; data: Load }
    if (offset <= (positions.get(channel) ?? '')) return
    positions.set(channel, offset)
    message(channel, load, offset)
  }
  source.addEventListener('gap', ({ data }) => {
    const { channel, to } = JSON.parse(data)
    if (to === positions.get(channel)) return
    positions.set(channel, to)
    gap(channel, to)
  })
  return source
}
