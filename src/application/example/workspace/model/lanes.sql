SELECT vwerk AS from_location_id, nwerk AS to_location_id, lower(vsart) AS mode, trdau AS transit_days,
       CAST(kosten AS DECIMAL(18,4)) AS cost_per_unit, waers AS currency, CAST(kapaz AS DECIMAL(18,4)) AS capacity
FROM lake.erp_tvro
