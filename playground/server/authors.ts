/** Nine people of the feed who do not exist: what they say, and whom they like. */
import { randomUUID } from 'node:crypto'
import type { Hub } from 'anywire'
import { enter, liked, type Post } from './feed.js'
import { pick, randomOf } from './random.js'
import type { Scenario } from './scenario.js'

interface Persona {
  readonly id: string
  readonly name: string
  readonly about: string
  readonly says: readonly string[]
}

const personas: readonly Persona[] = [
  {
    id: 'ilse-tern',
    name: 'Ilse Tern',
    about: 'Counts birds from a lighthouse.',
    says: [
      'Forty-one oystercatchers this morning, all facing the wind, like people waiting for a bus.',
      'Fog until ten. I counted by ear: two curlews and something that was probably the kettle.',
      'First swallow of the year. It looked at the weather and seemed to think again.',
      'The lamp was serviced today. For six hours I was, technically, just a person in a tall house.',
      'A seal slept on the slipway and would not be counted as a bird.',
      'Wind north-west, nine. The gulls are flying backwards and pretending that they meant it.',
      'Ringed a dunlin that was ringed in Sankt Olan eleven years ago. Neither of us looks it.',
    ],
  },
  {
    id: 'tomas-vik',
    name: 'Tomas Vik',
    about: 'Bakes at night.',
    says: [
      'The rye is slow today. I told it about the rain, and it understood.',
      'Somebody ordered a loaf in the shape of a ferry. It sank in the middle; I call it realism.',
      'Three in the morning is the best time to hear a clock and the worst to look at one.',
      'New oven stone. The first bread from it tastes of nothing but confidence.',
      'Cardamom has arrived. The street knows before I have opened the sack.',
      'A child paid for a bun in foreign coins and explained the exchange rate to me. It was correct.',
      'Sold out by eight. Going to bed while the town begins to hurry.',
    ],
  },
  {
    id: 'noor-falk',
    name: 'Noor Falk',
    about: 'Drives the night train.',
    says: [
      'Left on time, arrived on time. Nobody will ever speak of it.',
      'A hare ran beside us for two kilometres past Dunmere and then turned off, as if at its stop.',
      'Signals green all the way to the coast. I did not know that they could do that.',
      'Eleven minutes late: a piano on the platform at Vessby, with no one who would admit to it.',
      'The dining car has run out of soup. Morale holds, for now.',
      'Snow on the viaduct. For a minute there was no sound at all, with four hundred people behind me.',
      'Somebody left a chess game on table six. White is in trouble.',
    ],
  },
  {
    id: 'greta-moe',
    name: 'Greta Moe',
    about: 'Mends clocks and radios.',
    says: [
      'A radio from 1957. It still plays; it only disapproves of the music.',
      'Whoever last mended this clock left a note inside: “Sorry.” I have added mine.',
      'If it ticks on the bench and not on the wall, mend the wall.',
      'A customer wants her watch to run slow on Sundays. I am thinking about it.',
      'Found the fault: a single hair. Four hours, and I cannot charge for a hair.',
      'All sixteen clocks struck noon together today. I sat down for a moment.',
      'Capacitors do not die. They retire, loudly.',
    ],
  },
  {
    id: 'jonas-aas',
    name: 'Jonas Aas',
    about: 'Teaches mathematics, badly dressed.',
    says: [
      'A pupil asked whether zero is a number or an opinion. We lost the whole hour, gladly.',
      'Proof by chalk: it broke exactly where the argument did.',
      'Today somebody divided a cake by zero, by eating it before it was divided.',
      'Marked thirty papers. The best answer was wrong in a way that I had never thought of.',
      'The probability that the projector works is independent of everything, except whether I need it.',
      'They have found out that I count the stairs. There are 84. They knew.',
      'Homework: find something in town that is exactly a metre long. Twelve of them brought the same dog.',
    ],
  },
  {
    id: 'maren-lund',
    name: 'Maren Lund',
    about: 'Harbour master, Port Arden.',
    says: [
      'Four ships in, five out. I am looking into it.',
      'To the owner of the yellow boat: that is my parking place, and it is on land.',
      'High water at 14:20. Move your shoes.',
      'The swing bridge swung for a swan today. It had right of way and knew it.',
      'Storm moorings, please, everybody. This includes you, yellow boat.',
      'Found a message in a bottle. It was an invoice.',
      'Calm as glass. The pilots are playing cards and I pretend not to see who is winning.',
    ],
  },
  {
    id: 'sami-holm',
    name: 'Sami Holm',
    about: 'Grows tomatoes on a roof.',
    says: [
      'First flower on the third row. I have told the neighbours; they were polite.',
      'The bees from the opera house have found us. They work in the afternoons only.',
      'Rain at last. I stood in it with the plants so that they would not feel watched.',
      'A tomato the size of a fist, if you have small fists and a generous nature.',
      'Somebody’s kite is in the beans. They have accepted it as one of their own.',
      'Basil does not like wind, cold, heat, or remarks.',
      'Harvest: two kilos, one marble, and a very calm toad.',
    ],
  },
  {
    id: 'edda-krag',
    name: 'Edda Krag',
    about: 'Reads old maps for a living.',
    says: [
      'A map of 1712 shows a street that was built in 1890. Either a forgery or a very good guess.',
      'Sea monsters are placed where the surveyor was tired. One can tell from the coastline beside them.',
      'Here be nothing, it says. I have been there. It is accurate.',
      'The river has moved two hundred metres since this was drawn, and kept its name. I respect that.',
      'North is up only since people hung maps on walls. Before that it was a matter of manners.',
      'Found a coffee ring on a chart of 1840, exactly round the island where they grew none.',
      'Somebody has corrected this map in pencil for sixty years. I would have liked to meet them.',
    ],
  },
  {
    id: 'piet-strand',
    name: 'Piet Strand',
    about: 'Goalkeeper, second team of Lindmark.',
    says: [
      'Kept a clean sheet. The match was abandoned after nine minutes, but still.',
      'My gloves have been washed. I no longer recognise the ball.',
      'Video referee took one back for us. I had saved it anyway, in my mind.',
      'Training in the rain. The ball was heavier than the defence.',
      'A spectator brought soup to the goal in the second half. Conceded during the soup. No regrets.',
      'Penalty: everybody says that it is about the eyes. I had mine shut.',
      'Lost four to three. Wonderful evening.',
    ],
  },
]

const [speakMs, likeMs] = [7000, 2500]
const past = 36

export const authors: Scenario = {
  rules: {},
  start(hub) {
    const random = randomOf(1971)
    const said = new Map<string, number>()
    const posts: string[] = []
    const speak = (at: number) => {
      const { id: author, name, about, says } = pick(random, personas)
      const count = said.get(author) ?? 0
      said.set(author, count + 1)
      const post: Post = { id: randomUUID(), author, name, text: says[count % says.length]!, at }
      posts.push(post.id)
      send(hub, `feed/posts/${author}`, post)
      enter(post, about)
    }
    const like = () => send(hub, 'feed/likes', liked(pick(random, posts.slice(-12)), pick(random, personas).id, true))

    for (let ago = past; ago > 0; ago--) {
      speak(Date.now() - ago * 170_000)
      like()
      like()
    }
    const timers = [setInterval(() => speak(Date.now()), speakMs), setInterval(like, likeMs)]
    return () => timers.forEach(clearInterval)
  },
}

const send = (hub: Hub, channel: string, data: object) => void hub.publish(channel, data).catch(console.error)
