// The calls of ccxt, by REST and by WebSocket, against a venue: node ccxt.js INFO.json
'use strict';
const assert = require('assert');
const fs = require('fs');
const ccxt = require('ccxt');

const info = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const SYMBOL = 'ALT/USDT:USDT';

function connect(account) {
    const rest = info.rest, socket = info.websocket;
    const everywhere = { contract: socket + '/v5/private', usdc: socket + '/v5/private',
        spot: { unified: socket + '/v5/private', nonUnified: socket + '/v5/private' },
        trade: socket + '/v5/trade' };
    const open = {};
    for (const category of ['spot', 'linear', 'inverse', 'option']) {
        open[category] = `${socket}/v5/public/${category}`;
    }
    return new ccxt.pro.bybit({
        apiKey: account.key, secret: account.secret, enableRateLimit: false,
        options: { defaultType: 'swap', fetchMarkets: { types: ['spot', 'linear', 'inverse'] } },
        urls: { api: { public: rest, private: rest, ws: { public: open, private: everywhere } } },
    });
}

async function fails(name, promise) {
    await assert.rejects(promise, (error) => error.constructor.name === name);
}

// The market, without and with a key.
async function readMarket(exchange) {
    await exchange.loadMarkets();
    assert.deepStrictEqual(Object.keys(exchange.markets), [SYMBOL]);
    assert.strictEqual(exchange.market(SYMBOL).precision.price, 0.0001);
    assert.ok(Math.abs(await exchange.fetchTime() - Date.now()) < 1000);
    const book = await exchange.fetchOrderBook(SYMBOL, 50);
    assert.ok(book.bids[0][0] < book.asks[0][0]);
    const ticker = await exchange.fetchTicker(SYMBOL);
    assert.strictEqual(ticker.symbol, SYMBOL);
    assert.ok(ticker.bid < ticker.ask && ticker.last > 0);
    assert.ok(Array.isArray(await exchange.fetchTrades(SYMBOL)));
    assert.strictEqual((await exchange.fetchOHLCV(SYMBOL, '1m'))[0].length, 6);
    return book;
}

async function readAccount(exchange) {
    assert.strictEqual((await exchange.fetchBalance()).USDT.total, 100000);
    const fee = await exchange.fetchTradingFee(SYMBOL);
    assert.deepStrictEqual([fee.maker, fee.taker], [0.0002, 0.00055]);
    await exchange.setLeverage(5, SYMBOL);
    await fails('BadRequest', exchange.setLeverage(5, SYMBOL)); // not modified
    await exchange.setPositionMode(false, SYMBOL).catch((error) => {
        assert.match(error.message, /110025/);
    });
}

async function tradeByRest(exchange, book) {
    const bid = book.bids[0][0];
    const link = `peer-${Date.now()}`;
    const order = await exchange.createOrder(SYMBOL, 'limit', 'buy', 100, bid - 0.01,
        { timeInForce: 'PostOnly', clientOrderId: link });
    await fails('InvalidOrder', exchange.createOrder(SYMBOL, 'limit', 'buy', 100, bid - 0.01,
        { clientOrderId: link }));
    await exchange.editOrder(order.id, SYMBOL, 'limit', 'buy', 120, bid - 0.0105);
    const open = await exchange.fetchOpenOrders(SYMBOL);
    assert.strictEqual(open.length, 1);
    assert.deepStrictEqual([open[0].id, open[0].amount, open[0].status], [order.id, 120, 'open']);
    const same = await exchange.fetchOrder(order.id, SYMBOL, { acknowledged: true });
    assert.strictEqual(same.clientOrderId, link);
    await exchange.cancelOrder(order.id, SYMBOL);
    await fails('OrderNotFound', exchange.cancelOrder(order.id, SYMBOL));
    const canceled = await exchange.fetchCanceledOrders(SYMBOL);
    assert.deepStrictEqual([canceled[0].id, canceled[0].status], [order.id, 'canceled']);

    await exchange.createOrder(SYMBOL, 'market', 'buy', 50);
    await exchange.createOrder(SYMBOL, 'market', 'sell', 500, undefined, { reduceOnly: true });
    await exchange.createOrder(SYMBOL, 'market', 'buy', 30);
    const trades = await exchange.fetchMyTrades(SYMBOL);
    const bought = (side) => trades.filter((trade) => trade.side === side)
        .reduce((sum, trade) => sum + trade.amount, 0);
    assert.deepStrictEqual([bought('buy'), bought('sell')], [80, 50]);
    assert.ok(trades.every((trade) => trade.takerOrMaker === 'taker' && trade.fee.rate === 0.00055));
    const [position] = await exchange.fetchPositions([SYMBOL]);
    assert.deepStrictEqual([position.side, position.contracts, position.leverage], ['long', 30, 5]);
    assert.ok((await exchange.fetchClosedOrders(SYMBOL)).length >= 3);

    const pair = await exchange.createOrders([10, 11].map((amount) => (
        { symbol: SYMBOL, type: 'limit', side: 'buy', amount, price: bid - 0.02 })));
    assert.strictEqual(pair.length, 2);
    await exchange.cancelOrders([pair[0].id], SYMBOL);
    await exchange.cancelAllOrders(SYMBOL);
    assert.deepStrictEqual(await exchange.fetchOpenOrders(SYMBOL), []);
    await exchange.cancelAllOrdersAfter(10000);
    await fails('InsufficientFunds', exchange.createOrder(SYMBOL, 'limit', 'buy', 5000000, bid));
}

async function watchMarket(exchange) {
    let book = await exchange.watchOrderBook(SYMBOL);
    for (let i = 0; i < 20; i++) {
        book = await exchange.watchOrderBook(SYMBOL);
        assert.ok(book.bids[0][0] < book.asks[0][0]);
    }
    assert.ok((await exchange.watchTicker(SYMBOL)).last > 0);
    assert.ok((await exchange.watchBidsAsks([SYMBOL]))[SYMBOL].bid > 0);
    assert.ok((await exchange.watchTrades(SYMBOL)).length > 0);
    assert.ok((await exchange.watchOHLCV(SYMBOL, '1m')).length > 0);
}

// Buys a little again and again until the promise is kept: a stream tells nothing of what was before
// it was subscribed, and when that is the client does not say.
async function provoke(exchange, promise, price) {
    let kept = false;
    promise.then(() => { kept = true; }, () => { kept = true; });
    while (!kept) {
        await exchange.createOrderWs(SYMBOL, 'limit', 'buy', 20, price);
        await exchange.sleep(300);
    }
    return promise;
}

async function tradeBySocket(exchange) {
    const book = await exchange.fetchOrderBook(SYMBOL);
    const [bid, ask] = [book.bids[0][0], book.asks[0][0]];
    const orders = await provoke(exchange, exchange.watchOrders(SYMBOL), ask + 0.01);
    assert.strictEqual(orders[0].symbol, SYMBOL);
    const [trade] = await provoke(exchange, exchange.watchMyTrades(SYMBOL), ask + 0.01);
    assert.deepStrictEqual([trade.side, trade.symbol], ['buy', SYMBOL]);
    const balance = await provoke(exchange, exchange.watchBalance(), ask + 0.01);
    assert.ok(balance.USDT.total > 0);
    const positions = await provoke(exchange, exchange.watchPositions([SYMBOL]), ask + 0.01);
    assert.ok(Array.isArray(positions));
    const order = await exchange.createOrderWs(SYMBOL, 'limit', 'buy', 30, bid - 0.01,
        { timeInForce: 'PostOnly' });
    await exchange.editOrderWs(order.id, SYMBOL, 'limit', 'buy', 31, bid - 0.011);
    await exchange.cancelOrderWs(order.id, SYMBOL);
    await fails('OrderNotFound', exchange.cancelOrderWs(order.id, SYMBOL));
}

async function main() {
    const exchange = connect(info.accounts[0]);
    if (info.rest.startsWith('http:')) {
        await exchange.loadHttpProxyAgent(); // Node needs it for ws://
    }
    const book = await readMarket(exchange);
    await readAccount(exchange);
    await tradeByRest(exchange, book);
    await watchMarket(exchange);
    await tradeBySocket(exchange);
    await exchange.close();
    console.log('ccxt', ccxt.version, 'trades on the venue');
}

main().then(() => process.exit(0), (error) => {
    console.error(error);
    process.exit(1);
});
