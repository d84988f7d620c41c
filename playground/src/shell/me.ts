/** Who this browser is to others: an id that the server has given it, and a name that may change. */
import { Value } from './value.js'

const animals = ['Heron', 'Otter', 'Lynx', 'Plover', 'Marten', 'Wren', 'Badger', 'Curlew']
const fresh = () => `${animals[Math.floor(Math.random() * animals.length)]} ${Math.floor(Math.random() * 90) + 10}`

/** The `id` of this visitor's principal. A browser without cookies is a guest among guests. */
export const me = /(?:^|; )me=([^;]*)/.exec(document.cookie)?.[1] ?? 'guest'

const key = 'name'
export const myName = new Value(localStorage.getItem(key) ?? fresh())
const keep = (name: string) => localStorage.setItem(key, name)
keep(myName.value)
myName.subscribe(keep)
