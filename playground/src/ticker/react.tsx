/** Prices in React, twice a second at most, whatever the market does. */
import { useChannel } from 'anywire/react'

export default function Newest() {
  const { messages } = useChannel('ticker/prices', { rate: 2, slow: 'conflate', keep: 1 })
  const [newest] = messages
  return <p>{newest ? `${newest.data.symbol} ${newest.data.price}` : '…'}</p>
}
