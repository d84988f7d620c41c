/** Where the dashboard of the internal port begins. */
import '../style/base.css'
import '../style/shell.css'
import '../style/parts.css'
import '../style/forced.css'
import './admin.css'
import { render } from 'preact'
import { followTheme } from '../shell/theme.js'
import { App } from './app.js'

followTheme()
// Beside what the files hold, drawing the page for the first time would make a long task.
setTimeout(() => {
  const root = document.getElementById('root')
  root?.replaceChildren()
  if (root) render(<App />, root)
})
