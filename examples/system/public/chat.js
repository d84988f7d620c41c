/** The chat: written with a plain POST, read over `anywire.v1`. */
import { element } from './dom.js'
import { mount, socketUrl } from './transports/urls.js'

/** @typedef {{ name: string, text: string }} Said */

const channel = 'chat'
const mostShown = 200

export function startChat() {
  const form = /** @type {HTMLFormElement} */ (element(document, '#say'))
  const name = /** @type {HTMLInputElement} */ (element(form, '[name=name]'))
  const text = /** @type {HTMLInputElement} */ (element(form, '[name=text]'))
  name.value = `guest ${Math.floor(Math.random() * 900) + 100}`
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const refused = await say({ name: name.value, text: text.value })
    element(document, '#said').textContent = refused
    if (refused === '') text.value = ''
  })
  listen('last-50')
}

/** Answers why it was refused, or nothing. @param {Said} said */
async function say(said) {
  try {
    const response = await fetch(`${mount}/${channel}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(said),
    })
    return response.ok ? '' : (await response.json()).error.message
  } catch {
    return 'The server does not answer.'
  }
}

/** @param {string} offset */
function listen(offset) {
  let position = offset
  const socket = new WebSocket(socketUrl(mount), 'anywire.v1')
  socket.onopen = () =>
    socket.send(JSON.stringify({ type: 'subscribe', subscriptions: [{ channel, offset: position }] }))
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(data)
    if (frame.type === 'gap') position = frame.to
    if (frame.type !== 'messages') return
    for (const message of frame.messages) show(message.data)
    position = frame.messages.at(-1).offset
  }
  socket.onclose = () => setTimeout(() => listen(position), 500 + Math.random() * 1500)
}

/** As text, whatever it holds. @param {Said} said */
function show({ name, text }) {
  const talk = element(document, '#talk')
  const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 40
  const line = document.createElement('li')
  const who = document.createElement('b')
  who.textContent = name
  line.append(who, text)
  talk.append(line)
  if (talk.childElementCount > mostShown) talk.firstElementChild?.remove()
  if (atEnd) talk.scrollTop = talk.scrollHeight
}
