/** Where the pages begin. */
import './style/base.css'
import './style/shell.css'
import './style/parts.css'
import './style/forced.css'
import { render } from 'preact'
import { App } from './shell/app.js'
import { followInbox } from './shell/inbox.js'
import { followTheme } from './shell/theme.js'
import { followTimeline } from './shell/timeline.js'

followTheme()
followTimeline()
followInbox()
const root = document.getElementById('root')
root?.replaceChildren()
if (root) render(<App />, root)
