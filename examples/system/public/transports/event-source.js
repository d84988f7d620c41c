/** A native EventSource, which also reconnects by itself. */
import { figuresUrl, jsonBytes } from './urls.js'

/** @type {import('../lane.js').Transport} */
export const eventSource = {
  name: 'EventSource',
  form: `new EventSource('${figuresUrl}')`,
  keepsPosition: true,
  open(position, { opened, received, gap, ended }) {
    const query = position === undefined ? '' : `?offset=${position}`
    const source = new EventSource(figuresUrl + query)
    source.onopen = () => opened()
    source.onmessage = ({ data, lastEventId }) => received([JSON.parse(data)], jsonBytes(data), lastEventId)
    source.addEventListener('gap', () => gap())
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) ended()
    }
    return () => source.close()
  },
}
