-- The champion that was not asked because it has no demonstrated skill; '' where a model answered or none served.

ALTER TABLE forecasts ADD COLUMN set_aside_model text COLLATE "C" NOT NULL DEFAULT '';
