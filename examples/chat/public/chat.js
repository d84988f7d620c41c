/** The page: a room is a subscription, and what is said while there is no connection goes out when there is one. */
import { connect } from '/channels/$/client.js'

/** @typedef {{ id: string, name: string, text: string, at?: number }} Said */
/** @type {import('anywire/client').Client<{ [room: `chat/${string}`]: Said }>} */
const client = connect('/channels')

const find = (/** @type {string} */ what) => /** @type {HTMLElement} */ (document.querySelector(what))
const log = find('#log')
const state = find('#state')
const form = /** @type {HTMLFormElement} */ (find('form'))
const { name, text } = /** @type {Record<'name' | 'text', HTMLInputElement>} */ (/** @type {unknown} */ (form.elements))
const roomOf = () => decodeURIComponent(location.hash.slice(1)) || 'lobby'

/** What this page has said and not yet read, by id. @type {Map<string, HTMLElement>} */
const waiting = new Map()

/** @param {Partial<Said>} said @param {string} kind */
function show({ id = '', name: who = '', text: what = '', at }, kind) {
  const line = waiting.get(id) ?? log.appendChild(document.createElement('li'))
  const part = (/** @type {string} */ tag, /** @type {string} */ textContent) =>
    Object.assign(document.createElement(tag), { textContent })
  line.replaceChildren(part('b', who), part('span', what), part('time', at ? new Date(at).toLocaleTimeString() : ''))
  line.className = `${kind} ${who === name.value ? 'mine' : ''}`
  if (kind === 'waiting') waiting.set(id, line)
  else waiting.delete(id)
  log.scrollTop = log.scrollHeight
}

/** @type {{ close(): void } | undefined} */
let reading
function enter() {
  reading?.close()
  log.replaceChildren()
  find('h2').textContent = roomOf()
  for (const link of document.links) link.toggleAttribute('aria-current', link.hash === `#${roomOf()}`)
  const room = client.subscribe(`chat/${roomOf()}`, { from: 'last-50' }, (item) => {
    if (item.kind === 'message') show(item.data, 'said')
    else if (item.kind === 'gap') show({ text: `${item.missed ?? 'Some'} messages are missing here.` }, 'note')
    else show({ text: item.error.message }, 'note')
  })
  room.closed.catch((error) => show({ text: error.message }, 'note'))
  reading = room
}

form.onsubmit = (event) => {
  event.preventDefault()
  const said = { id: crypto.randomUUID(), name: name.value, text: text.value }
  localStorage.setItem('name', name.value)
  show(said, 'waiting')
  client.publish(`chat/${roomOf()}`, said).catch((error) => show({ ...said, text: error.message }, 'note'))
  text.value = ''
}

const tell = () => {
  const open = client.state.value === 'open'
  state.className = client.state.value
  state.textContent = open ? `online by ${client.stats.value.transport ?? '…'}` : 'offline: what you say is kept'
}
client.state.subscribe(tell)
client.stats.subscribe(tell)
addEventListener('hashchange', enter)
name.value = localStorage.getItem('name') ?? ''
enter()
