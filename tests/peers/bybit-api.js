// The calls of bybit-api, by REST and by WebSocket, against a venue: node bybit-api.js INFO.json
'use strict';
const assert = require('assert');
const fs = require('fs');
const { RestClientV5, WebsocketAPIClient, WebsocketClient } = require('bybit-api');

const info = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const { key, secret } = info.accounts[1];
const symbol = 'ALTUSDT', category = 'linear';
const PATHS = { v5Private: '/v5/private', v5PrivateTrade: '/v5/trade',
    v5LinearPublic: '/v5/public/linear', v5SpotPublic: '/v5/public/spot',
    v5InversePublic: '/v5/public/inverse', v5OptionPublic: '/v5/public/option' };
const WATCH_MS = 14000; // longer than the client's ping and its second of patience
const quiet = { trace() {}, info() {}, error() {} };
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

class Client extends WebsocketClient {
    async getWsUrl(name) {
        return info.websocket + PATHS[name];
    }
}

function good(answer) {
    assert.strictEqual(answer.retCode, 0, JSON.stringify(answer));
    return answer.result;
}

async function readMarket(rest) {
    assert.ok(Math.abs(good(await rest.getServerTime()).timeSecond * 1000 - Date.now()) < 2000);
    assert.strictEqual(good(await rest.getInstrumentsInfo({ category })).list.length, 1);
    assert.strictEqual(good(await rest.getTickers({ category, symbol })).list[0].symbol, symbol);
    good(await rest.getKline({ category, symbol, interval: '1' }));
    good(await rest.getPublicTradingHistory({ category, symbol }));
    return good(await rest.getOrderbook({ category, symbol, limit: 50 }));
}

async function readAccount(rest) {
    const wallet = good(await rest.getWalletBalance({ accountType: 'UNIFIED', coin: 'USDT,USDC' }));
    assert.strictEqual(wallet.list[0].coin[0].coin, 'USDT'); // asked for percent-encoded
    assert.strictEqual(good(await rest.getQueryApiKey()).apiKey, key);
    good(await rest.getAccountInfo());
    assert.strictEqual(good(await rest.getFeeRate({ category, symbol })).list[0].makerFeeRate,
        '0.0002');
}

async function tradeByRest(rest, bid) {
    const limit = { category, symbol, side: 'Buy', orderType: 'Limit' };
    const created = await rest.submitOrder({ ...limit, qty: '100', price: (bid - 0.01).toFixed(4),
        timeInForce: 'PostOnly', orderLinkId: `peer-${Date.now()}` });
    const { orderId } = good(created);
    assert.deepStrictEqual([created.rateLimitApi.maxRequests,
        created.rateLimitApi.remainingRequests], [10, 9]);
    good(await rest.amendOrder({ category, symbol, orderId, qty: '90' }));
    const [open] = good(await rest.getActiveOrders({ category, symbol })).list;
    assert.deepStrictEqual([open.orderId, open.qty, open.orderStatus], [orderId, '90', 'New']);
    good(await rest.cancelOrder({ category, symbol, orderId }));
    assert.strictEqual((await rest.cancelOrder({ category, symbol, orderId })).retCode, 110001);
    const [closed] = good(await rest.getHistoricOrders({ category, symbol })).list;
    assert.deepStrictEqual([closed.orderId, closed.orderStatus], [orderId, 'Cancelled']);
    const batch = await rest.batchSubmitOrders(category, ['10', '10.5'].map((qty) => (
        { symbol, side: 'Buy', orderType: 'Limit', qty, price: (bid - 0.02).toFixed(4) })));
    assert.deepStrictEqual(batch.retExtInfo.list.map((item) => item.code), [0, 10001]);
    assert.strictEqual(good(await rest.cancelAllOrders({ category, symbol })).list.length, 1);
    good(await rest.submitOrder({ category, symbol, side: 'Buy', orderType: 'Market', qty: '40' }));
    assert.ok(good(await rest.getExecutionList({ category, symbol })).list.length > 0);
    const [position] = good(await rest.getPositionInfo({ category, settleCoin: 'USDT' })).list;
    assert.deepStrictEqual([position.side, position.size], ['Buy', '40']);
}

async function tradeBySocket(bid) {
    const api = new WebsocketAPIClient({ key, secret, wsUrl: `${info.websocket}/v5/trade`,
        attachEventListeners: false }, quiet);
    const limit = { category, symbol, side: 'Buy', orderType: 'Limit' };
    const price = (bid - 0.01).toFixed(4);
    const { data } = await api.submitNewOrder({ ...limit, qty: '10', price });
    await api.amendOrder({ category, symbol, orderId: data.orderId, qty: '9' });
    await api.cancelOrder({ category, symbol, orderId: data.orderId });
    const batch = await api.batchSubmitOrders(category, [
        { symbol, side: 'Buy', orderType: 'Limit', qty: '10', price }]);
    assert.strictEqual(batch.data.list.length, 1);
    await assert.rejects(api.submitNewOrder({ ...limit, qty: '10', price: '0.00001' }),
        (error) => error.retCode === 10001);
    api.getWSClient().closeAll(true);
}

async function main() {
    const rest = new RestClientV5({ key, secret, baseUrl: info.rest, parseAPIRateLimits: true });
    const book = await readMarket(rest);
    await readAccount(rest);
    const client = new Client({ key, secret }, quiet);
    const topics = {}, bad = [];
    let reconnects = 0, update = 0, subscribed = 0;
    client.on('update', (frame) => {
        topics[frame.topic] = (topics[frame.topic] || 0) + 1;
        if (frame.topic.startsWith('orderbook.50.')) {
            assert.ok(frame.type === 'snapshot' || frame.data.u === update + 1);
            update = frame.data.u;
        }
    });
    client.on('response', (answer) => {
        if (answer.success === false) {
            bad.push(answer);
        } else if (answer.op === 'subscribe') {
            subscribed += 1;
        }
    });
    client.on('reconnect', () => { reconnects += 1; });
    client.on('exception', (error) => bad.push(error));
    const mine = ['order', 'execution', 'execution.fast', 'position', 'wallet', 'dcp.future'];
    client.subscribeV5(mine, 'linear', true);
    client.subscribeV5([`orderbook.50.${symbol}`, `publicTrade.${symbol}`, `tickers.${symbol}`,
        `kline.1.${symbol}`], 'linear');
    while (subscribed < 2) {
        await sleep(50);
    }
    const bid = Number(book.b[0][0]);
    await tradeByRest(rest, bid);
    await tradeBySocket(bid);
    await sleep(WATCH_MS);
    assert.deepStrictEqual(bad, []);
    assert.strictEqual(reconnects, 0);
    for (const topic of ['order', 'execution', 'execution.fast', 'position', 'wallet',
        `orderbook.50.${symbol}`, `publicTrade.${symbol}`, `tickers.${symbol}`,
        `kline.1.${symbol}`]) {
        assert.ok(topics[topic] > 0, `${topic} never came`);
    }
    client.closeAll(true);
    console.log('bybit-api trades on the venue', JSON.stringify(topics));
}

main().then(() => process.exit(0), (error) => {
    console.error(error);
    process.exit(1);
});
