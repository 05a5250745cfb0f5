const $ = id => document.getElementById(id);
const answers = { 1: 0, 2: 0 };
let timer = null, last = Promise.resolve(), waiting = 0;

async function call(method, path, body) {
  const headers = body ? { 'Content-Type': 'application/json' } : {};
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body), cache: 'no-store' });
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => null);
  throw new Error(problem?.title ?? `The proxy answered ${response.status}.`);
}

function show(request, { node, userId, clicks }) {
  answers[node]++;
  for (const id of [1, 2]) {
    $(`node-${id}`).classList.toggle('last', String(id) === node);
    $(`node-${id}`).querySelector('dd').textContent = `${answers[id]} ${answers[id] === 1 ? 'answer' : 'answers'}`;
  }
  $('clicks').textContent = clicks;
  $('who').textContent = userId === null ? 'Nobody is signed in.' : `Signed in as ${userId}.`;
  $('sign-in').hidden = userId !== null;
  $('sign-out').hidden = userId === null;

  const row = $('answers').insertRow(0);
  for (const text of [request, `node ${node}`, userId ?? '–', clicks]) row.insertCell().textContent = text;
  if ($('answers').rows.length > 8) $('answers').deleteRow(8);
}

// One after the other, so that the list shows them as they were answered.
function act(method, path, body) {
  waiting++;
  last = last.then(() => call(method, path, body)).then(
    state => {
      show(`${method} /${path}`, state);
      $('problem').textContent = '';
    },
    error => { $('problem').textContent = error.message; }
  ).finally(() => waiting--);
}

const click = () => act('POST', 'clicks');

$('click').onclick = click;
$('keep').onclick = () => {
  if (timer) clearInterval(timer);
  timer = timer ? null : setInterval(() => waiting || click(), 500);
  $('keep').ariaPressed = String(timer !== null);
};
$('sign-in').onsubmit = event => {
  event.preventDefault();
  act('POST', 'sign-in', { userId: $('user-id').value });
};
$('sign-out').onclick = () => act('POST', 'sign-out');
act('GET', 'state');
