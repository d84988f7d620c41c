/** The card of a lane. */
import { element, fromTemplate } from './dom.js'
import { Sparkline } from './sparkline.js'

/** @typedef {import('./lane.js').Lane} Lane */
/** @typedef {import('./lane.js').Figure} Figure */

/** @param {Lane} lane */
export function laneCard(lane) {
  const root = fromTemplate('lane')
  const { name, form } = lane.transport
  const button = element(root, 'button')
  const state = element(root, '.state')
  const note = element(root, '.note')
  const line = new Sparkline(/** @type {HTMLCanvasElement} */ (element(root, 'canvas')), 60)
  const number = (/** @type {string} */ key) => element(root, `[data-number="${key}"]`)
  element(root, 'h3').textContent = name
  element(root, '.form').textContent = form
  button.addEventListener('click', () => (lane.state === 'cut' ? lane.start() : lane.stop()))
  let due = false
  let lastAt = 0

  function draw() {
    due = false
    state.textContent = lane.state
    state.dataset.state = lane.state
    button.textContent = lane.state === 'cut' ? 'Resume' : 'Cut'
    button.setAttribute('aria-label', `${button.textContent} ${name}`)
    number('connect').textContent = milliseconds(lane.connectMs)
    number('delay').textContent = milliseconds(lane.delay)
    number('messages').textContent = lane.messages.toLocaleString('en')
    number('bytes').textContent = bytes(lane.bytes)
    const { text, mood } = noteOf(lane)
    note.textContent = text
    note.className = `note ${mood}`
  }

  return {
    root,
    /** Drawn with the next frame, so that drawing one lane does not delay the messages of another. @param {readonly Figure[]} figures */
    show(figures) {
      const [delay, at] = [lane.delays.at(-1), figures.at(-1)?.at]
      if (delay !== undefined && at !== undefined && at !== lastAt) line.add(delay)
      lastAt = at ?? lastAt
      if (!due) requestAnimationFrame(draw)
      due = true
    },
  }
}

/** What became of the resumption. @param {Lane} lane */
function noteOf({ state, resumed, caughtUp, missed, repeated, transport }) {
  if (state === 'cut') return { text: 'Cut. Messages go on being published.', mood: '' }
  if (!resumed && missed === 0 && repeated === 0) return { text: '', mood: '' }
  if (missed === 0 && repeated === 0)
    return { text: `Caught up ${caughtUp} messages, none lost, none twice.`, mood: 'good' }
  if (missed > 0 && !transport.keepsPosition)
    return { text: `${missed} messages passed meanwhile: this form keeps no position.`, mood: '' }
  return { text: `Caught up ${caughtUp}; ${missed} lost, ${repeated} twice.`, mood: 'bad' }
}

/** @param {number | undefined} ms */
function milliseconds(ms) {
  return ms === undefined ? '–' : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`
}

/** @param {number} count */
function bytes(count) {
  return count < 10_000
    ? `${count} B`
    : count < 1e6
      ? `${(count / 1000).toFixed(1)} kB`
      : `${(count / 1e6).toFixed(2)} MB`
}
