/** The page at `/` of `anywire serve`: what runs here, and all that one can do with a channel. */
import { useEffect, useState } from 'preact/hooks'
import { Facts } from '../admin/search.js'
import { Button } from '../parts/button.js'
import { Card } from '../parts/card.js'
import { Field } from '../parts/field.js'
import { Head } from '../shell/head.js'
import { Toasts } from '../shell/toasts.js'
import { useValue } from '../shell/value.js'
import { ChannelField, Channels } from './channels.js'
import { Curl } from './curl.js'
import { followHere, type Here, here } from './here.js'
import { open, problem, state } from './hub.js'
import { Publish } from './publish.js'
import { Tail } from './tail.js'

export function App() {
  const found = useValue(here)
  const path = found?.path
  const [token, setToken] = useState<string>()
  useEffect(followHere, [])
  useEffect(() => {
    if (path !== undefined) void open(path, token)
  }, [path, token])
  return (
    <>
      <Head>
        <Badge />
      </Head>
      <div class="admin front">
        <main id="main" tabIndex={-1}>
          {found && <Page found={found} onToken={setToken} />}
        </main>
      </div>
      <Toasts />
    </>
  )
}

interface PageProps {
  readonly found: Here
  readonly onToken: (token: string) => void
}

function Page({ found, onToken }: PageProps) {
  const { path, asks, lists } = found
  const facts = [
    ['Channels', `${location.origin}${path}`],
    ['Store', lists && `${lists.store}${lists.store === 'memory' ? ', gone after a restart' : ''}`],
    ['Clients', asks ? 'whoever shows a credential' : 'programs on this machine'],
    ['Connections', lists && `${lists.connections}`],
    ['Version', lists?.version],
  ].filter((fact): fact is [string, string] => Boolean(fact[1]))
  return (
    <>
      <h1>This is an Anywire hub</h1>
      <Facts facts={facts} />
      <Problem />
      {asks && <Token onToken={onToken} />}
      <ChannelField />
      <div class="both">
        <Tail />
        <div class="side">
          <Publish />
          <Curl path={path} asks={asks} />
        </div>
      </div>
      <Channels found={found} />
    </>
  )
}

const words = { idle: 'idle', connecting: 'connecting', open: 'connected', waiting: 'not connected', closed: 'closed' }

function Badge() {
  const is = useValue(state)
  return (
    <span class="connection" data-state={is}>
      <span class="dot" aria-hidden="true" />
      <span role="status">{words[is]}</span>
    </span>
  )
}

function Problem() {
  const found = useValue(problem)
  return (
    <p class="alert" role="alert">
      {found?.message}
    </p>
  )
}

function Token({ onToken }: Pick<PageProps, 'onToken'>) {
  const [token, setToken] = useState('')
  const use = (event: Event) => {
    event.preventDefault()
    onToken(token.trim())
  }
  return (
    <Card title="Who you are">
      <p>A cookie of this site counts by itself. A token is sent by this page until it is closed, and kept nowhere.</p>
      <form class="line" onSubmit={use}>
        <Field
          label="Token"
          type="password"
          autocomplete="off"
          required
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
        <Button type="submit">Use it</Button>
      </form>
    </Card>
  )
}
