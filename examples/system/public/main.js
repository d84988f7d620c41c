/** Puts the page together: tiles, a lane per transport, the chat. */
import { startChat } from './chat.js'
import { showCommands } from './commands.js'
import { element } from './dom.js'
import { Figures } from './figures.js'
import { Lane } from './lane.js'
import { laneCard } from './lane-card.js'
import { transports } from './transports/all.js'
import { figuresUrl } from './transports/urls.js'

const figures = new Figures(element(document, '#figures'))
const lanes = transports.map((transport) => {
  const lane = new Lane(transport, (came) => {
    figures.show(came)
    card.show(came)
  })
  const card = laneCard(lane)
  element(document, '#lanes').append(card.root)
  return lane
})

showCommands()
startChat()
await showHistory()
for (const lane of lanes) lane.start()
setInterval(lookForCrowd, 2000)
document.addEventListener('visibilitychange', restWhileHidden)

/** The last two minutes, before the first live message. */
async function showHistory() {
  try {
    const response = await fetch(`${figuresUrl}?offset=last-600`)
    if (response.ok) figures.show(await response.json())
  } catch {
    // The lanes say that the server is not there.
  }
}

/** A browser opens six connections to a server: a page that nobody sees leaves its own to others. */
function restWhileHidden() {
  for (const lane of lanes) {
    if (document.hidden && lane.state !== 'cut') lane.stop('resting')
    else if (!document.hidden && lane.state === 'resting') lane.start()
  }
}

/** Says why a lane does not open when two or more are waiting for a connection. */
function lookForCrowd() {
  const waiting = lanes.filter((lane) => lane.state === 'connecting').length
  element(document, '#crowded').hidden = waiting === 0 || waiting === lanes.length
}
