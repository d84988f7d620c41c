/** A newsroom that does not exist, of a country that does not exist: it makes up headlines, the same for the same seed. */
import { pick, randomOf } from './random.js'

export interface Story {
  readonly desk: Desk
  readonly title: string
  readonly text: string
  readonly place: string
  readonly urgent: boolean
}

const desks = ['country', 'city', 'business', 'science', 'culture'] as const
export type Desk = (typeof desks)[number]

const words: Readonly<Record<string, readonly string[]>> = {
  town: ['Port Arden', 'Lindmark', 'Vessby', 'Torrin', 'Upper Kell', 'Harrow Sound', 'Sankt Olan', 'Brevik', 'Dunmere'],
  river: ['the Kell', 'the Ostra', 'the Vess', 'the Little Arden'],
  works: ['tram line', 'swing bridge', 'covered market', 'public baths', 'ferry pier', 'observatory', 'night train'],
  number: ['three', 'four', 'five', 'seven', 'eight', 'nine', 'eleven', 'fourteen'],
  percent: ['2', '3', '4', '6', '8', '11', '14'],
  trade: ['Shipyards', 'Paper mills', 'Fish canneries', 'Glass works', 'Lighthouse keepers', 'Cheese makers'],
  company: ['Arden Line', 'Kell & Daughters', 'Ostra Power', 'Vessby Glass', 'North Coast Rail', 'Brevik Instruments'],
  animal: ['storks', 'otters', 'eels', 'porpoises', 'lynxes', 'cranes', 'seals', 'bees'],
  instrument: ['tide gauge', 'seismograph', 'radio telescope', 'weather balloon', 'deep-sea buoy', 'sea drone'],
  art: ['puppet opera', 'brass band', 'silent film', 'choir', 'string quartet', 'poetry slam', 'shadow theatre'],
  office: ['harbour master', 'mayor', 'minister of the coast', 'head of the library', 'chief of the fire brigade'],
}

/** A line that begins with "!" is urgent. */
const stories: Readonly<Record<Desk, readonly (readonly [title: string, text: string])[]>> = {
  country: [
    ['{town} votes for a second {works}', 'The count took until two in the morning; {number} ballots decided it.'],
    ['New {office} sworn in at {town}', 'The first promise: shorter meetings. The second: open windows.'],
    [
      '!Storm warning for the coast near {town}',
      'Ferries stay in port from six; gusts of up to 120 km/h are expected.',
    ],
    ['Parliament adjourns debate on {river}', 'The question of who owns the islands goes to a committee of {number}.'],
    ['{trade} and unions agree after {number} days', 'Wages rise by {percent} per cent; work begins again on Monday.'],
    [
      'Census finds {town} has grown by {percent} per cent',
      'Most newcomers say they came for the train and stayed for the water.',
    ],
  ],
  city: [
    ['{works} back in service at {town}', 'It was closed for {number} months, and has been painted green.'],
    ['!Power out in the old town of {town}', 'A digger met a cable. Repairs will take until the evening.'],
    [
      '{number} streets without cars from Sunday',
      'The trial in {town} runs until autumn; deliveries before nine are let through.',
    ],
    ['Clock on the town hall is right again', 'For {number} years {town} had set its watches {percent} minutes late.'],
    [
      'Lost property: {town} auctions {number} cellos',
      'The {office} asks musicians to look behind them when they leave.',
    ],
    ['Night buses to {town} twice an hour', 'The council found the money after counting the taxis at closing time.'],
  ],
  business: [
    ['{company} orders {number} electric ferries', 'The first is to sail between {town} and the islands next summer.'],
    [
      '{trade} report the best quarter in {number} years',
      'Orders rose by {percent} per cent, most of them from abroad.',
    ],
    ['!Trading in {company} halted', 'The company will speak at four o’clock; its shares had lost {percent} per cent.'],
    ['{company} moves its head office to {town}', 'Some {percent}00 people go along; the canteen stays where it is.'],
    [
      'Central bank leaves its rate at {percent} per cent',
      'Prices, it says, have calmed down faster than the people who set them.',
    ],
    ['{company} buys back its own railway', 'It had sold the line to {town} {number} years ago, and missed it.'],
  ],
  science: [
    ['{instrument} off {town} hears something new', 'A hum every {number} minutes; the tide has been ruled out.'],
    ['Count of {animal} on {river} doubles', 'Researchers had to borrow {number} more pairs of binoculars.'],
    ['Old maps show {river} ran elsewhere', 'Students in {town} found {number} bridges that cross nothing.'],
    ['{company} and university test a new {instrument}', 'It is {percent} times lighter, and survives being dropped.'],
    ['!Bright meteor seen over {town}', 'Pieces may have come down near {river}; finders are asked not to lick them.'],
    ['Why {animal} sleep on one side', 'After {number} winters of filming, a team in {town} has an answer.'],
  ],
  culture: [
    ['{town} opens its season with a {art}', 'Sold out for {number} evenings; people queued along {river}.'],
    ['A {art} of {number} hours divides the critics', '“Never a dull minute”, says one; another counted them.'],
    ['Library of {town} forgives all late returns', '{number} books came back on the first day, one after 61 years.'],
    ['Film crew turns {town} into winter', 'The snow is paper; {company} lends the trains.'],
    ['Prize for a novel about {river}', 'The author, once a {office}, wrote it on {number} ferry timetables.'],
    ['!Roof of the opera at {town} closed for repairs', 'Tonight’s {art} moves to the fish hall; tickets stay valid.'],
  ],
}

export class Newsroom {
  readonly #random: () => number
  /** Not to be told again so soon. */
  readonly #told: string[] = []

  constructor(seed: number) {
    this.#random = randomOf(seed)
  }

  next(): Story {
    const desk = pick(this.#random, desks)
    const [title, text] = pick(this.#random, stories[desk])
    if (this.#told.includes(title)) return this.next()
    this.#told.push(title)
    if (this.#told.length > 20) this.#told.shift()
    const place = this.#fill('{town}')
    const urgent = title.startsWith('!')
    // One story is of one town.
    const told = (line: string) => this.#fill(line.replaceAll('{town}', place))
    return { desk, title: told(urgent ? title.slice(1) : title), text: told(text), place, urgent }
  }

  #fill(line: string): string {
    const filled = line.replace(/\{(\w+)\}/g, (_, slot: string) => pick(this.#random, words[slot] ?? ['']))
    return filled.charAt(0).toUpperCase() + filled.slice(1)
  }
}
