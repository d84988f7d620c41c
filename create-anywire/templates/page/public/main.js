// The server has the client beside its channels, so no bundler is needed.
import { connect } from '/channels/$/client.js'

const [log, say, state] = ['log', 'say', 'state'].map((id) => document.getElementById(id))
const client = connect('/channels')

client.subscribe('chat/7', { from: 'last-20' }, ({ kind, data }) => {
  if (kind === 'message') log.append(Object.assign(document.createElement('li'), { textContent: data.text }))
})
client.state.subscribe((now) => {
  state.textContent = now
})
say.addEventListener('submit', (event) => {
  event.preventDefault()
  client.publish('chat/7', { text: say.elements.text.value }) // waits while offline, is stored once
  say.reset()
})
