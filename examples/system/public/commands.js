/** What to type in a terminal to read the same channels. */
import { element } from './dom.js'
import { figuresUrl, mount } from './transports/urls.js'

const url = location.origin + figuresUrl

const commands = [
  ['The newest of every figure', `curl '${url}?offset=snapshot'`],
  ['The last ten', `curl '${url}?offset=last-10'`],
  ['As they come', `curl -N -H 'Accept: text/event-stream' ${url}`],
  ['Say something', `curl -d '{"name":"curl","text":"Hello"}' ${location.origin}${mount}/chat`],
]

export function showCommands() {
  const list = element(document, '#commands')
  for (const [what, command] of commands) {
    const term = document.createElement('dt')
    const line = document.createElement('dd')
    term.textContent = what ?? ''
    line.textContent = command ?? ''
    list.append(term, line)
  }
}
