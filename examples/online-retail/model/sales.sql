-- Sales and returns of goods. Nothing tells when an item was out of stock, so no day is marked as lost.
SELECT item_id, 'UK' AS location_id, sold_at, CAST(quantity AS DECIMAL(18,4)) AS quantity, CAST(unit_price AS DECIMAL(18,4)) AS unit_price,
       'GBP' AS currency, NULL::VARCHAR AS promotion_id, false AS lost_sales, order_id, customer_id
FROM ops.lines
WHERE kind IN ('sale', 'return')
