/** The same by any program that speaks HTTP: three lines for this address. */
import { Card } from '../parts/card.js'
import { CopyButton } from '../parts/copy.js'
import { Scroller } from '../parts/scroller.js'
import { useValue } from '../shell/value.js'
import { channel, pathOf } from './hub.js'

interface Props {
  readonly path: string
  /** Programs show a token, which the shell has in a variable. */
  readonly asks: boolean
}

/** What a shell takes as it stands. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

export function Curl({ path, asks }: Props) {
  const url = `${location.origin}${path}/${pathOf(useValue(channel))}`
  const token = asks ? ' -H "Authorization: Bearer $TOKEN"' : ''
  const lines = [
    ['Publish', `curl${token} -H 'Content-Type: application/json' -d '{"text":"Hello"}' ${quoted(url)}`],
    ['Read all', `curl${token} ${quoted(`${url}?offset=-1`)}`],
    ['Follow', `curl${token} -N -H 'Accept: text/event-stream' ${quoted(`${url}?offset=-1`)}`],
  ] as const
  return (
    <Card title="From a terminal">
      {lines.map(([what, line]) => (
        <div class="command" key={what}>
          <h3>{what}</h3>
          <Scroller label={`Command: ${what}`}>
            <code>{line}</code>
          </Scroller>
          <CopyButton text={line} label={what} />
        </div>
      ))}
    </Card>
  )
}
