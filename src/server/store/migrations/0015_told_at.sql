-- An episode begins when it became true and is told later; until now both were the same moment.
ALTER TABLE told_episode ADD COLUMN told_at BIGINT NOT NULL DEFAULT 0;
UPDATE told_episode SET told_at = since;
