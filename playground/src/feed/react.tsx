/** The authors in React: the newest of each. */
import { useSnapshot } from 'anywire/react'

export default function Authors() {
  const { values } = useSnapshot('feed/authors')
  return <p>{[...values.values()].map(({ name, posts }) => `${name} ${posts}`).join(' · ')}</p>
}
