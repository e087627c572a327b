SELECT CAST(ebeln AS VARCHAR) AS purchase_order_id,
       lifnr AS supplier_id,
       matnr AS item_id,
       werks AS location_id,
       CAST(menge AS DECIMAL(18,4)) AS quantity,
       CAST(coalesce(wemng, 0) AS DECIMAL(18,4)) AS received_quantity,
       CAST(netpr AS DECIMAL(18,4)) AS unit_price,
       waers AS currency,
       bedat AS ordered_at,
       eindt AS expected_at,
       wedat AS received_at,
       CASE statu WHEN 'O' THEN 'open' WHEN 'R' THEN 'received' ELSE 'cancelled' END AS status,
       decision_key AS decision_id
FROM lake.erp_purchase_orders
