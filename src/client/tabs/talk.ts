/** The page's end of a line to a worker. */
import type { CorePort, FromCore, ToCore } from '../port.js'
import type { FromPage, Line, ToPage } from './line.js'

export interface TalkOptions {
  readonly line: Line
  readonly heard: (message: FromCore) => void
  /** A core serves this page: called for each, before it is heard of. */
  readonly served: (turn: string) => void
}

/** What is said before a core serves the page is dropped: hearing `moved`, the client says it again. */
export function talk({ line, heard, served }: TalkOptions): CorePort {
  let turn: string | undefined
  const send = (message: ToCore) => turn && line.postMessage([turn, message] satisfies FromPage)
  line.onmessage = ({ data }: MessageEvent<ToPage>) => {
    if ('turn' in data) {
      turn = data.turn
      served(turn)
    }
    heard(data)
  }
  return {
    send,
    close() {
      line.onmessage = null
      send({ type: 'close' })
    },
  }
}
