-- What customers ordered in the shop; deliveries of the ERP are in sales.
SELECT o.order_no AS order_id, o.customer_id, 'HG-' || substr(o.sku, 3) AS item_id, w.werks AS location_id, o.ordered_at,
       CAST(o.quantity AS DECIMAL(18,4)) AS quantity, CAST(o.unit_price AS DECIMAL(18,4)) AS unit_price, o.currency, o.status
FROM lake.shop_orders o
JOIN lake.erp_t001w w ON w.kurz = o.warehouse
