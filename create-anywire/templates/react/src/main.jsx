import '../style.css'
import { connect } from 'anywire/client'
import { AnywireProvider } from 'anywire/react'
import { createRoot } from 'react-dom/client'
import { Room } from './room.jsx'

createRoot(document.getElementById('root')).render(
  <AnywireProvider client={connect('/channels')}>
    <Room id="7" />
  </AnywireProvider>,
)
