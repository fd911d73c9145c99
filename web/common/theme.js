// Light, dark, or as the system says; remembered.
'use strict';

const THEMES = [
  {name: 'auto', title: '◐ auto'},
  {name: 'light', title: '○ light'},
  {name: 'dark', title: '● dark'},
];

// A page opened from a file may not be allowed to remember anything.
function storedTheme() {
  try {
    return localStorage.getItem('mmbot-theme');
  } catch {
    return null;
  }
}

function storeTheme(name) {
  try {
    localStorage.setItem('mmbot-theme', name);
  } catch {
    // Then it lasts as long as the page.
  }
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme.name;
  byId('theme').textContent = theme.title;
  byId('theme').title = 'Colours: ' + theme.name + '. Click for the next.';
}

function prepareTheme(onChange) {
  let index = Math.max(0, THEMES.findIndex(theme => theme.name === storedTheme()));
  setTheme(THEMES[index]);
  byId('theme').addEventListener('click', () => {
    index = (index + 1) % THEMES.length;
    setTheme(THEMES[index]);
    storeTheme(THEMES[index].name);
    onChange();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange);
}
