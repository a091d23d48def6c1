// Every page works without this file. It adds what script alone can: the header's folding menu, moving
// the focus to a message, answering by a key, and ticking all boxes of a list at once.
import { Button, createAll, ErrorSummary, Header, NotificationBanner, SkipLink } from 'nhsuk-frontend'
import { addAnswerKeys } from './answer-keys.js'
import { addTextTools, followAdoption } from './rules.js'
import { addSelectAll } from './select-all.js'
import { addWorkbench } from './workbench.js'

document.body.classList.add('js-enabled', 'nhsuk-frontend-supported')
for (const component of [Button, ErrorSummary, Header, NotificationBanner, SkipLink]) {
  createAll(component)
}
addAnswerKeys()
addSelectAll()
addTextTools()
followAdoption()
addWorkbench()
