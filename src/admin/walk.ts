/** What metrics take from many channels or readers. */
import type { ChannelFacts, ReaderFacts } from '../server/inspect.js'
import { inOneTurn, walk } from '../server/walk.js'

/** Readers whose lag is looked at for one scrape. The others are only counted. */
const sampled = 1_000

/** Says how many readers are behind, and shows a sample of all: each as likely as any other. */
export async function sampleReaders(
  readers: Iterable<ReaderFacts>,
  total: number,
  show: (reader: ReaderFacts) => void,
): Promise<number> {
  const stride = Math.max(1, Math.ceil(total / sampled))
  const first = Math.floor(Math.random() * stride)
  let behind = 0
  await walk(readers, (reader, at) => {
    if (reader.behind) behind++
    if (at % stride === first) show(reader)
    return 1
  })
  return behind
}

/** The channels with the most readers, first the one with the most. */
export async function topChannels(channels: Iterable<ChannelFacts>, count: number): Promise<ChannelFacts[]> {
  let top: ChannelFacts[] = []
  const cut = () => {
    top = top.sort((a, b) => b.readers - a.readers || (a.name < b.name ? -1 : 1)).slice(0, count)
  }
  await walk(channels, (channel) => {
    top.push(channel)
    if (top.length >= 2 * count + inOneTurn) cut()
    return 1
  })
  cut()
  return top
}
